"""What a user would pick instead, each as its documentation says is best, in a folder of its own; never a dependency of the product."""
