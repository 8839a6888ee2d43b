//! The program as it is built, run as its users run it.

mod commands;
mod common;
mod demo;
mod devices;
mod payloads;
mod rights;
mod serving;
mod watching;
