//! Plans are data: read again, compared, refused.

use super::*;

#[test]
fn prices_follow_the_tiers() {
    // Checked by hand: 100 TB from Azure at list, 100 GB free; 10,000 x 0.087 + 40,000 x 0.083 + 49,900 x 0.07 = 7,683.
    let tier = |up_to_gb, micros_per_gb| Tier { up_to_gb, micros_per_gb };
    let price = Price {
        provider: "azure".to_owned(),
        currency: "USD".to_owned(),
        free_gb: 100,
        tiers: vec![
            tier(Some(10_100), 87_000),
            tier(Some(50_100), 83_000),
            tier(Some(150_100), 70_000),
            tier(None, 50_000),
        ],
        gb_bytes: 1_000_000_000,
        as_of: "2026-05-06".parse().unwrap(),
        source: "a list".to_owned(),
        status: "partial".to_owned(),
    };
    assert_eq!(price.of(100_000_000_000_000).micros, 7_683_000_000);
    assert_eq!(price.of(99_000_000_000).micros, 0);
    assert_eq!(price.of(0).gb, 0);
}

#[test]
fn small_objects_decide_the_time_of_many() {
    let speed = Speed { bytes_per_s: 1000, objects_per_s: 10, measured: true };
    assert_eq!(speed.of(1, 5000).seconds, 5);
    let many = speed.of(1000, 5000);
    assert_eq!((many.seconds, many.by_objects), (100, true));
}

#[test]
fn the_price_list_is_read() {
    for store in ["aws_s3", "azure_blob", "gcs", "scaleway", "ovhcloud", "hetzner"] {
        let price = listed_price(store).unwrap();
        assert!(price.tiers.last().is_some_and(|t| t.up_to_gb.is_none()), "{store}");
        assert!(price.of(1 << 50).micros > 0);
    }
    assert_eq!(listed_price("file"), None);
    // 100 TiB from AWS Frankfurt: 10,140 x 0.09 + 40,960 x 0.085 + 51,200 x 0.07.
    assert_eq!(listed_price("aws_s3").unwrap().of(100 << 40).micros / 1_000_000, 7978);
}
