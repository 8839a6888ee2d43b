//! Rotations and services of other pagers as a Tocsin configuration.
