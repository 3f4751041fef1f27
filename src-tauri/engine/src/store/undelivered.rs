//! Mail that a delivery report names as not delivered.
