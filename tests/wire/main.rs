//! Phones and servers that are versions apart understand each other.

mod apart;
mod canned;
mod golden;
mod tickets;
