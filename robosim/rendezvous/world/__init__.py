"""Where robots are: bodies that drive, meters, batteries, and what others see."""
