"""The leader: announces the rules before the mission, settles the bill after it, and knows only what a leader can."""
