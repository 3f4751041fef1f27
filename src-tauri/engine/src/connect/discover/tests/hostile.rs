//! Web servers that nobody should trust.

use super::*;
use crate::connect::discover::autoconfig::{FetchError, fetch};

/// What is found when the website answers so, and DNS knows nothing.
async fn found_with(pages: Vec<(&str, Page)>) -> (Vec<FoundServers>, Vec<String>) {
    let authority = Authority::new("Test CA");
    let web = Web::serves(&authority, &NAMES, pages).await;
    let found = discover(&nora(), Table::bundled(), &nobody().trusting(&authority).with_web(&web)).await;
    (found, web.asked())
}

#[tokio::test]
async fn a_redirect_to_plain_http_is_refused() {
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("http://{}/file", plain.local_addr().unwrap());
    let (found, asked) =
        found_with(vec![(OWN, Page::Redirect(to.clone())), (WELL_KNOWN, Page::Redirect(to))]).await;
    assert_eq!(found, []);
    assert_eq!(asked.len(), 2);
    // Nobody came to ask there.
    let waiting = futures::poll!(Box::pin(plain.accept()));
    assert!(waiting.is_pending());
}

#[tokio::test]
async fn more_than_five_redirects_and_loops_end() {
    let round = || Page::Redirect("https://noralind.example/round".to_owned());
    let (found, asked) = found_with(vec![(WELL_KNOWN, round()), ("noralind.example/round", round())]).await;
    assert_eq!(found, []);
    let rounds = asked.iter().filter(|place| place.starts_with("noralind.example")).count();
    assert_eq!(rounds, 6);
}

#[tokio::test]
async fn files_that_are_none_are_nothing_found() {
    let bomb =
        "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><clientConfig>&c;</clientConfig>";
    for text in [bomb, "<!doctype html><title>Welcome</title>", "<clientConfig", "", "{}"] {
        let (found, asked) = found_with(vec![(OWN, file(text)), (WELL_KNOWN, file(text))]).await;
        assert_eq!(found, [], "{text}");
        assert_eq!(asked.len(), 2);
    }
}

#[tokio::test]
async fn a_file_without_end_is_not_read_to_its_end() {
    let authority = Authority::new("Test CA");
    let pages = vec![(OWN, Page::Endless), (WELL_KNOWN, Page::Bytes(vec![b' '; 65 * 1024]))];
    let web = Web::serves(&authority, &NAMES, pages).await;
    let client = nobody().trusting(&authority).with_web(&web).http_client().await.unwrap();
    for place in [OWN, WELL_KNOWN] {
        let url = reqwest::Url::parse(&format!("https://{place}")).unwrap();
        let read = fetch(&client, url).await;
        assert!(matches!(read, Err(FetchError::TooLong)), "{read:?}");
    }
}

#[tokio::test]
async fn a_website_whose_certificate_does_not_verify_is_not_asked() {
    let stranger = Authority::new("Stranger");
    let pages = || vec![(OWN, naming("host.example")), (WELL_KNOWN, naming("host.example"))];
    let web = Web::serves(&stranger, &NAMES, pages()).await;
    assert_eq!(discover(&nora(), Table::bundled(), &nobody().with_web(&web)).await, []);
    let other_name = Web::serves(&stranger, &["other.example"], pages()).await;
    assert_eq!(
        discover(&nora(), Table::bundled(), &nobody().trusting(&stranger).with_web(&other_name)).await,
        []
    );
    assert!(web.asked().is_empty() && other_name.asked().is_empty());
}

#[tokio::test]
async fn an_error_does_not_tell_the_address() {
    let client = nobody().http_client().await.unwrap();
    let url = autoconfig::places(&nora(), "noralind.example").remove(0);
    assert!(url.as_str().contains("nora%40"));
    let error = fetch(&client, url).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("nora%40") && !told.contains("nora@"), "{told}");
}
