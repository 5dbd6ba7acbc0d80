"""Methods side by side on one problem: rounds, CPU and numbers sent to each accuracy, on networks that fail or not."""
