"""What the pictures in the pages need: scales and places here, shapes in the templates, colours in the style sheet."""
