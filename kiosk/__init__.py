"""The agent beside the ticket printer: the touch screen's little server, the paper, and the numbers of an outage."""
