//! The app with the sample mailbox, in a real window: every screen can be reached and shows what it should.

use hatstand_tests::demo::Demo;
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;

#[test]
fn every_screen_of_the_demo_can_be_reached() -> Outcome<()> {
    let mut demo = Demo::prepare(true, &|_| ())?;
    demo.walk(&root().join("screenshots"), &|what| println!("{what}"))
}
