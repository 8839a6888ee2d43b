//! The program as it is built, run as its users run it.

mod commands;
mod common;
mod demo;
