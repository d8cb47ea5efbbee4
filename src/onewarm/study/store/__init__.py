"""Where finished runs are kept, and which runs are being trained by whom."""
