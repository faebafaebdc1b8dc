"""The page on which façades are drawn: Gradio serves it and queues its calls, the page itself is ours."""
