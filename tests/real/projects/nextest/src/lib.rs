#[cfg(test)]
mod tests {
    #[test]
    fn runs_on_freebsd() {
        assert_eq!(std::env::consts::OS, std::env::var("GREET_SYSTEM").unwrap());
    }
}
