//! Real mail servers, a real keychain and a real window, for the tests, the demo and the bench.
//!
//! Nothing here knows the engine's types: everything is driven from outside, through the built programs and
//! the servers' own tools. So a mistake of the engine cannot hide in the rig that is to find it.
//!
//! Of Unix systems alone, and run on Linux: servers, keychain and window are those of Debian.
#![cfg(unix)]

pub mod bench;
pub mod browser;
pub mod ca;
pub mod canary;
pub mod cli;
pub mod demo;
pub mod dovecot;
pub mod http;
pub mod keychain;
pub mod leash;
pub mod maildir;
pub mod mailgen;
pub mod oidc;
pub mod oracle;
pub mod pair;
pub mod person;
pub mod ports;
pub mod postfix;
pub mod programs;
pub mod proxy;
pub mod raw;
pub mod smtp;
pub mod smtp_sink;
pub mod trouble;
pub mod window;
pub mod wire;
