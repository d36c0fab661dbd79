"""What a person sees. PySide6 and pyqtgraph; never torch."""
