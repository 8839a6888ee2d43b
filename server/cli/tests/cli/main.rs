//! The program as it is built, run as its users run it.

mod answers;
mod commands;
mod common;
mod demo;
mod devices;
mod noise;
mod payloads;
mod respond;
mod rights;
mod serving;
mod watching;
mod webhooks;
