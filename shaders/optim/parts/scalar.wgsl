// A lane works on one element: for the last one to three of a buffer that ends between two groups of four.
alias Wide = f32;
