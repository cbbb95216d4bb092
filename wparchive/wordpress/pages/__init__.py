"""Pages as readers get them: what a page is shown with."""
