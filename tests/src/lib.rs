//! Real mail servers, a real keychain, a real window.
