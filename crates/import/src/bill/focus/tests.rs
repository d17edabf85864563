//! Tests of FOCUS: small bills written here.
use std::path::PathBuf;

use flagstate_catalog::ServiceMap;
use flagstate_estate::{Estate, EstateBuilder};
use proptest::prelude::*;

use crate::{Context, Format, ImportError, read_file};

/// A folder that goes away with the test.
pub(in crate::bill) struct Folder(PathBuf);

impl Folder {
    pub(in crate::bill) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("flagstate-bill-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(in crate::bill) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Reads bytes as a file.
pub(in crate::bill) fn import(name: &str, bytes: &[u8]) -> Result<(Format, Estate), ImportError> {
    thread_local!(static SERVICES: ServiceMap = ServiceMap::embedded().unwrap());
    let tag = format!("{name}-{:?}", std::thread::current().id()).replace(['(', ')', ' '], "");
    let folder = Folder::new(&tag);
    let path = folder.file(name, bytes);
    SERVICES.with(|services| {
        let context = Context { services, progress: &|_, _| {} };
        let mut builder = EstateBuilder::new();
        let result = read_file(&path, None, &context, &mut builder);
        let estate = builder.finish();
        if result.is_err() {
            assert!(estate.inputs.is_empty() && estate.resources.is_empty(), "a refused file leaves nothing");
        }
        result.map(|format| (format, estate))
    })
}

const BILL: &str = "\
ProviderName,InvoiceIssuerName,SubAccountId,ChargeCategory,EffectiveCost,BilledCost,BillingCurrency,ServiceName,ResourceId,RegionId,AvailabilityZone,Tags
AWS,Amazon Web Services EMEA SARL,111,Usage,1.5,2,EUR,Amazon Elastic Compute Cloud,arn:aws:ec2:eu-central-1:111:instance/i-0123456789abcdef0,eu-central-1,,\"{\"\"app\"\": \"\"shop\"\"}\"
AWS,Amazon Web Services EMEA SARL,111,Usage,0.25,2,EUR,Amazon Elastic Compute Cloud,arn:aws:ec2:eu-central-1:111:instance/i-0123456789abcdef0,eu-central-1,,\"{\"\"app\"\": \"\"shop\"\"}\"
AWS,Amazon Web Services EMEA SARL,111,Usage,NULL,2,EUR,Amazon Simple Storage Service,NULL,,eu-west-1b,NULL
AWS,Amazon Web Services EMEA SARL,111,Tax,7,7,EUR,Amazon Simple Storage Service,,eu-west-1,,
";

#[test]
fn rows_collapse_and_are_accounted_for() {
    let (format, estate) = import("bill.csv", BILL.as_bytes()).unwrap();
    assert_eq!(format, Format::Focus);
    let ledger = &estate.inputs[0];
    assert_eq!((ledger.rows, ledger.resources, ledger.merged, ledger.unknown), (4, 2, 1, 0));
    assert_eq!(ledger.ignored.values().sum::<u64>(), 1);
    assert!(ledger.notes.iter().any(|n| n.ends_with("7.00 EUR")), "{:?}", ledger.notes);
    let vm = estate.resources.iter().find(|r| r.id.contains("i-0123")).unwrap();
    assert_eq!(vm.cost.display(), "1.75 EUR");
    assert_eq!(vm.contracting_entity.as_deref(), Some("Amazon Web Services EMEA SARL"));
    assert_eq!(vm.tags.get("app").map(String::as_str), Some("shop"));
    let s3 = estate.resources.iter().find(|r| r.id.starts_with('~')).unwrap();
    assert_eq!(s3.id, "~aws:111:Amazon Simple Storage Service:eu-west-1");
    assert_eq!((s3.region.as_deref(), s3.cost.display().as_str()), (Some("eu-west-1"), "2.00 EUR"));
}

#[test]
fn seller_host_and_issuer_are_three() {
    let text = "ServiceProviderName,HostProviderName,InvoiceIssuerName,ChargeCategory,BilledCost,BillingCurrency,ServiceName,ResourceId,RegionId\n\
                SaaS Inc.,Microsoft,Reseller GmbH,Usage,1,EUR,Things,thing-1,westeurope\n";
    let (_, estate) = import("saas.csv", text.as_bytes()).unwrap();
    let r = &estate.resources[0];
    assert_eq!(r.provider.as_deref(), Some("SaaS Inc."));
    assert_eq!(r.host_provider.as_deref(), Some("azure"));
    assert_eq!(r.contracting_entity.as_deref(), Some("Reseller GmbH"));
    assert!(!r.unknown.is_empty(), "a provider that nobody knows is unknown");
}

#[test]
fn eu_is_east_us_in_an_azure_bill() {
    let text = "ProviderName,ChargeCategory,BilledCost,BillingCurrency,ServiceName,ResourceId,RegionId\n\
                Microsoft,Usage,1,EUR,Virtual Machines,/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v,EU\n";
    let (_, estate) = import("eu.csv", text.as_bytes()).unwrap();
    assert_eq!(estate.resources[0].region.as_deref(), Some("eastus"));
    assert_eq!(estate.resources[0].group.as_deref(), Some("g"));
}

#[test]
fn the_sovereign_partition_is_a_provider_of_its_own() {
    let text = "ProviderName,ChargeCategory,BilledCost,BillingCurrency,ServiceName,ResourceId,RegionId\n\
                AWS,Usage,1,EUR,Amazon Simple Storage Service,arn:aws-eusc:s3:::b,eusc-de-east-1\n\
                AWS,Usage,1,EUR,Amazon Simple Storage Service,,eusc-de-east-1\n";
    let (_, estate) = import("esc.csv", text.as_bytes()).unwrap();
    assert!(estate.resources.iter().all(|r| r.provider.as_deref() == Some("aws_esc")), "{:?}", estate.resources);
}

#[test]
fn other_datasets_are_refused_by_name() {
    let text = "ContractCommitmentId,ContractCommitmentCost,BillingCurrency\nx,1,EUR\n";
    let e = import("cc.csv", text.as_bytes()).unwrap_err();
    assert!(e.to_string().contains("contract commitments"), "{e}");
}

#[test]
fn utf16_semicolons_and_bom() {
    let text =
        "ProviderName;ChargeCategory;BilledCost;ServiceName;ResourceId\nAWS;Usage;1;AmazonEC2;i-0123456789abcdef0\n";
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for bytes in [utf16, format!("\u{feff}{text}").into_bytes()] {
        let (_, estate) = import("bill.csv", &bytes).unwrap();
        assert_eq!(estate.inputs[0].rows, 1);
    }
}

#[test]
fn broken_files_say_where() {
    let cases = [
        (BILL.replace("Tax,7,7,EUR,", "Tax,7,EUR,"), "row 4: has 11 fields where the header has 12"),
        (BILL.replace("eu-west-1b,NULL", "eu-west-1b,\"NULL"), "row 3: a quote that opens in this row is never closed"),
    ];
    for (text, problem) in cases {
        let e = import("broken.csv", text.as_bytes()).unwrap_err().to_string();
        assert!(e.contains(problem), "{e}");
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let many: String = BILL
        .lines()
        .next()
        .into_iter()
        .map(str::to_owned)
        .chain((0..200_000).map(|i| format!("AWS,x,{i},Usage,{i},1,EUR,S,r{i},,,")))
        .map(|l| l + "\n")
        .collect();
    std::io::Write::write_all(&mut gz, many.as_bytes()).unwrap();
    let mut bytes = gz.finish().unwrap();
    assert_eq!(import("whole.csv.gz", &bytes).unwrap().1.inputs[0].rows, 200_000);
    bytes.truncate(bytes.len() / 2);
    let e = import("cut.csv.gz", &bytes).unwrap_err().to_string();
    assert!(e.contains("cut off or damaged"), "{e}");
}

/// Blocks are cut at records even where quoted text holds line ends and where a stray quote misleads the cutting.
#[test]
fn line_ends_and_stray_quotes_across_blocks() {
    let mut text = String::from("ProviderName,ChargeCategory,BilledCost,ServiceName,ResourceId,ChargeDescription\n");
    for i in 0..60_000 {
        let note = match i % 3 {
            0 => "\"two\nlines, and \"\"quotes\"\"\"",
            1 => "a 5\" disk",
            _ => "plain",
        };
        text.push_str(
            &["AWS,Usage,1,S,resource-", &(i % 100).to_string(), ",", note, " ", &"x".repeat(60), "\n"].concat(),
        );
    }
    let (_, estate) = import("lines.csv", text.as_bytes()).unwrap();
    assert_eq!(estate.inputs[0].rows, 60_000);
    assert_eq!(estate.resources.len(), 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = import("any", &bytes);
    }

    #[test]
    fn mutated_bills_never_panic(at in 0..BILL.len(), byte in any::<u8>(), cut in 0..BILL.len()) {
        let mut bytes = BILL.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = import("mutated", &bytes);
        bytes.truncate(cut);
        let _ = import("cut", &bytes);
    }

    #[test]
    fn any_order_of_rows_gives_one_estate(seed in any::<u64>()) {
        let mut lines: Vec<&str> = BILL.lines().skip(1).collect();
        let n = lines.len();
        lines.rotate_left(usize::try_from(seed % 4).unwrap() % n);
        if seed % 2 == 0 { lines.reverse() }
        let text = format!("{}\n{}\n", BILL.lines().next().unwrap(), lines.join("\n"));
        let a = serde_json::to_string(&import("order.csv", text.as_bytes()).unwrap().1.resources).unwrap();
        let b = serde_json::to_string(&import("order.csv", BILL.as_bytes()).unwrap().1.resources).unwrap();
        prop_assert_eq!(a, b);
    }
}
