//! Tokens.

use crate::data::{at, fresh};
use evenkeel_store::{Error, Token};

#[tokio::test]
async fn a_token_is_found_by_its_hash_until_it_is_revoked() {
    let (_dir, store) = fresh().await;
    let token = Token {
        id: "t1".into(),
        name: "ci".into(),
        hash: [7; 32],
        created_at: at(0),
        last_used_at: None,
        revoked_at: None,
    };
    store.add_token(&token).await.unwrap();
    let twin = Token { id: "t2".into(), ..token.clone() };
    assert!(matches!(store.add_token(&twin).await, Err(Error::Unavailable(_))), "a hash is one token's");
    assert_eq!(store.token(&[7; 32]).await.unwrap(), Some(token.clone()));
    assert_eq!(store.token(&[8; 32]).await.unwrap(), None);

    store.token_used("t1", at(5)).await.unwrap();
    assert!(store.revoke_token("t1", at(6)).await.unwrap());
    assert!(!store.revoke_token("t1", at(7)).await.unwrap());
    assert!(!store.revoke_token("none", at(7)).await.unwrap());
    assert_eq!(store.token(&[7; 32]).await.unwrap(), None);
    let all = store.tokens().await.unwrap();
    assert_eq!(all, [Token { last_used_at: Some(at(5)), revoked_at: Some(at(6)), ..token }]);
}
