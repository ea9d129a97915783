"""`make bench`: what Motcua costs, each figure beside one that was measured in the same run on the same machine.

One module per question; `measure(place)` in each answers rows. A new question is a new module in `__main__.QUESTIONS`.
"""
