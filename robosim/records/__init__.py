"""What missions leave behind, as arrays."""
