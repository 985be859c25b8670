//! HTTP from the server's side: what arrives, over how many connections, and
//! what a client makes of the answers.

mod asking;
mod connections;
mod cookies;
mod credentials;
mod proxy;
mod redirects;
mod tls;
