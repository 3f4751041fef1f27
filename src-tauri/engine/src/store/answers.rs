//! What is answered, and who is waited for.
