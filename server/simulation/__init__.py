"""Simulated halls: days of made-up people played through the real rules, to measure fairness and the forecast."""
