//! Makes a FOCUS bill of any length over a fixed number of resources, as a stream.
//!
//! The shape follows the public FOCUS samples: the columns of 1.0 with three of 1.2, half of the rows on compute, most
//! rows on few resources, two regions with most of the rows, tags as JSON on two rows of three, about one row in
//! twelve without a resource, unquoted `NULL` for what is absent, eleven decimals.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::random::Random;

/// The columns, in the order in which they are written.
pub(crate) const COLUMNS: [&str; 46] = [
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "SkuId", "SkuPriceId", "SubAccountId",
    "SubAccountName", "Tags", "InvoiceId", "ServiceSubcategory", "SkuMeter",
];

/// A service: provider, weight, name, category, subcategory, resource type, id shape, unit.
struct Service {
    provider: Provider,
    weight: u64,
    name: &'static str,
    category: &'static str,
    part: &'static str,
    kind: &'static str,
    shape: &'static str,
    unit: &'static str,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Provider {
    Aws,
    Azure,
    Gcp,
    Oci,
}

const fn service(
    provider: Provider,
    weight: u64,
    [name, category, part, kind, shape, unit]: [&'static str; 6],
) -> Service {
    Service { provider, weight, name, category, part, kind, shape, unit }
}

/// In an id shape: `R` the region, `A` the account, `N` a number of the resource.
const SERVICES: [Service; 22] = [
    service(
        Provider::Aws,
        300,
        ["Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "instance", "i-N", "Hours"],
    ),
    service(
        Provider::Aws,
        90,
        ["Amazon Elastic Compute Cloud", "Storage", "Block Storage", "volume", "vol-N", "GB-Months"],
    ),
    service(
        Provider::Aws,
        70,
        [
            "Elastic Load Balancing",
            "Networking",
            "Load Balancing",
            "loadbalancer",
            "arn:aws:elasticloadbalancing:R:A:loadbalancer/app/lb-N",
            "Hours",
        ],
    ),
    service(
        Provider::Aws,
        45,
        [
            "AmazonCloudWatch",
            "Management and Governance",
            "Observability",
            "NULL",
            "arn:aws:logs:R:A:log-group:/app/N",
            "GB",
        ],
    ),
    service(
        Provider::Aws,
        40,
        [
            "Amazon Virtual Private Cloud",
            "Networking",
            "Network Connectivity",
            "natgateway",
            "arn:aws:ec2:R:A:natgateway/nat-N",
            "GB",
        ],
    ),
    service(
        Provider::Aws,
        60,
        ["Amazon Simple Storage Service", "Storage", "Object Storage", "bucket", "records-N", "GB-Months"],
    ),
    service(
        Provider::Aws,
        25,
        [
            "Amazon Relational Database Service",
            "Databases",
            "Relational Databases",
            "db",
            "arn:aws:rds:R:A:db:db-N",
            "Hours",
        ],
    ),
    service(
        Provider::Aws,
        30,
        ["AWS Lambda", "Compute", "Serverless Compute", "function", "arn:aws:lambda:R:A:function:fn-N", "GB-Seconds"],
    ),
    service(
        Provider::Aws,
        12,
        ["Amazon DynamoDB", "Databases", "NoSQL Databases", "table", "arn:aws:dynamodb:R:A:table/t-N", "Requests"],
    ),
    service(
        Provider::Aws,
        12,
        ["AWS Key Management Service", "Security", "Secret Management", "key", "arn:aws:kms:R:A:key/k-N", "Requests"],
    ),
    service(
        Provider::Aws,
        8,
        [
            "Amazon Bedrock",
            "AI and Machine Learning",
            "Generative AI",
            "NULL",
            "arn:aws:bedrock:R:A:model/m-N",
            "1K tokens",
        ],
    ),
    service(
        Provider::Azure,
        80,
        [
            "Virtual Machines",
            "Compute",
            "Virtual Machines",
            "Virtual machine",
            "/subscriptions/A/resourceGroups/rg-G/providers/Microsoft.Compute/virtualMachines/vm-N",
            "Hours",
        ],
    ),
    service(
        Provider::Azure,
        60,
        [
            "Storage Accounts",
            "Storage",
            "Object Storage",
            "Storage account",
            "/subscriptions/A/resourceGroups/rg-G/providers/Microsoft.Storage/storageAccounts/stN",
            "GB",
        ],
    ),
    service(
        Provider::Azure,
        25,
        [
            "Azure SQL Database",
            "Databases",
            "Relational Databases",
            "SQL database",
            "/subscriptions/A/resourceGroups/rg-G/providers/Microsoft.Sql/servers/sql/databases/db-N",
            "Hours",
        ],
    ),
    service(
        Provider::Azure,
        15,
        [
            "Azure Kubernetes Service",
            "Compute",
            "Containers",
            "Kubernetes service",
            "/subscriptions/A/resourceGroups/rg-G/providers/Microsoft.ContainerService/managedClusters/aks-N",
            "Hours",
        ],
    ),
    service(
        Provider::Azure,
        15,
        [
            "Azure Monitor",
            "Management and Governance",
            "Observability",
            "Log Analytics workspace",
            "/subscriptions/A/resourceGroups/rg-G/providers/Microsoft.OperationalInsights/workspaces/log-N",
            "GB",
        ],
    ),
    service(
        Provider::Azure,
        8,
        [
            "Azure OpenAI",
            "AI and Machine Learning",
            "Generative AI",
            "Cognitive service",
            "/subscriptions/A/resourceGroups/rg-G/providers/Microsoft.CognitiveServices/accounts/ai-N",
            "1K tokens",
        ],
    ),
    service(
        Provider::Gcp,
        40,
        [
            "Compute Engine",
            "Compute",
            "Virtual Machines",
            "compute.googleapis.com/Instance",
            "//compute.googleapis.com/projects/A/zones/R-a/instances/vm-N",
            "Hours",
        ],
    ),
    service(
        Provider::Gcp,
        25,
        [
            "Cloud Storage",
            "Storage",
            "Object Storage",
            "storage.googleapis.com/Bucket",
            "//storage.googleapis.com/projects/_/buckets/b-N",
            "GB-Months",
        ],
    ),
    service(
        Provider::Gcp,
        15,
        [
            "BigQuery",
            "Analytics",
            "Data Warehouses",
            "bigquery.googleapis.com/Dataset",
            "//bigquery.googleapis.com/projects/A/datasets/d_N",
            "GB",
        ],
    ),
    service(Provider::Oci, 12, ["COMPUTE", "Compute", "Virtual Machines", "NULL", "ocid1.instance.oc1.R.aN", "Hours"]),
    service(
        Provider::Oci,
        8,
        ["OBJECTSTORE", "Storage", "Object Storage", "NULL", "ocid1.bucket.oc1.R.aN", "GB-Months"],
    ),
];

/// Regions with their weights.
type Regions = [(u64, &'static str, &'static str)];

const AWS: [(u64, &str, &str); 7] = [
    (50, "eu-central-1", "EU (Frankfurt)"),
    (30, "eu-west-1", "EU (Ireland)"),
    (12, "eu-west-3", "EU (Paris)"),
    (10, "us-east-1", "US East (N. Virginia)"),
    (4, "eu-west-2", "EU (London)"),
    (2, "eu-central-2", "Europe (Zurich)"),
    (1, "ap-southeast-1", "Asia Pacific (Singapore)"),
];
const AZURE: [(u64, &str, &str); 5] = [
    (50, "westeurope", "West Europe"),
    (30, "francecentral", "France Central"),
    (20, "germanywestcentral", "Germany West Central"),
    (8, "eastus", "East US"),
    (4, "switzerlandnorth", "Switzerland North"),
];
const GCP: [(u64, &str, &str); 3] =
    [(50, "europe-west1", "Belgium"), (30, "europe-west3", "Frankfurt"), (5, "us-central1", "Iowa")];
const OCI: [(u64, &str, &str); 2] =
    [(10, "eu-frankfurt-1", "Germany Central"), (2, "eu-frankfurt-2", "EU Sovereign Central")];

const TEAMS: [&str; 9] =
    ["care", "records", "billing", "portal", "research", "imaging", "identity", "platform", "data"];

/// How long a bill, over how many resources, from which seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Rows without the header.
    pub(crate) rows: u64,
    /// Distinct resources; every one appears when there are at least five times as many rows.
    pub(crate) resources: u64,
    /// Seed.
    pub(crate) seed: u64,
}

/// Writes the bill.
pub(crate) fn write(path: &Path, size: Size) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(out, "{}", COLUMNS.join(","))?;
    let mut random = Random::new(size.seed);
    for row in 0..size.rows {
        // Every fifth row walks through all resources in a scattered order; the others fall on few.
        let walk = row % 5 == 0;
        let scattered = (row / 5).wrapping_mul(77_777_777) % size.resources;
        let resource = if walk { scattered } else { random.skewed(size.resources) };
        let no_resource = random.below(1_000) < 94 && !walk;
        Row::new(resource, size.seed, no_resource).write(&mut out, &mut random)?;
    }
    out.flush()
}

struct Row {
    service: &'static Service,
    region: (&'static str, &'static str),
    number: u64,
    account: u64,
    no_resource: bool,
}

impl Row {
    /// What is fixed for a resource comes from a stream of its own.
    fn new(resource: u64, seed: u64, no_resource: bool) -> Self {
        let mut own = Random::new(seed ^ (resource + 1).wrapping_mul(0x1234_5678_9abc_def1));
        let service = own.weighted(&SERVICES, |s| s.weight).unwrap_or(&SERVICES[0]);
        let regions: &Regions = match service.provider {
            Provider::Aws => &AWS,
            Provider::Azure => &AZURE,
            Provider::Gcp => &GCP,
            Provider::Oci => &OCI,
        };
        let region = own.weighted(regions, |r| r.0).map_or(("", ""), |r| (r.1, r.2));
        Self { service, region, number: resource, account: own.skewed(73), no_resource }
    }

    fn id(&self) -> String {
        let number = format!("{:012x}", self.number.wrapping_mul(0x9e37_79b9) ^ 0x00ab_cdef_0000);
        let group = (self.number % 40).to_string();
        let mut id = String::with_capacity(140);
        let bytes = self.service.shape;
        let mut before = '/';
        for (at, c) in bytes.char_indices() {
            // A letter stands for a value only where no other letter stands beside it.
            let after = bytes.get(at + 1..).and_then(|rest| rest.chars().next()).unwrap_or('/');
            let alone = !before.is_ascii_uppercase() && !after.is_ascii_alphabetic();
            match c {
                'R' if alone => id.push_str(self.region.0),
                'A' if alone => id.push_str(&self.account()),
                'G' if alone => id.push_str(&group),
                'N' if alone => id.push_str(&number),
                _ => id.push(c),
            }
            before = c;
        }
        id
    }

    fn account(&self) -> String {
        match self.service.provider {
            Provider::Aws => format!("{}", 200_000_000_000 + self.account),
            Provider::Azure => format!("3f0e0000-0000-4000-8000-{:012}", self.account),
            Provider::Gcp => format!("project-{}", self.account),
            Provider::Oci => format!("ocid1.tenancy.oc1..a{}", self.account),
        }
    }

    /// Provider, publisher, issuer.
    fn names(&self) -> [&'static str; 3] {
        match self.service.provider {
            Provider::Aws if self.account.is_multiple_of(40) => {
                ["AWS", "Amazon Web Services, Inc.", "Amazon Web Services, Inc."]
            }
            Provider::Aws => ["AWS", "Amazon Web Services EMEA SARL", "Amazon Web Services EMEA SARL"],
            Provider::Azure => ["Microsoft", "Microsoft", "Microsoft"],
            Provider::Gcp => ["Google Cloud", "Google Cloud", "Google Cloud EMEA Limited"],
            Provider::Oci => ["Oracle", "Oracle", "Oracle"],
        }
    }

    fn tags(&self) -> String {
        if self.number % 10 < 3 {
            return "NULL".to_owned();
        }
        let team = TEAMS.get(usize::try_from(self.number % 9).unwrap_or(0)).copied().unwrap_or_default();
        let env = if self.number.is_multiple_of(4) { "test" } else { "prod" };
        format!(
            "\"{{\"\"application\"\": \"\"{team}-{}\"\", \"\"environment\"\": \"\"{env}\"\", \"\"org\"\": \"\"trey\"\", \"\"cost-center\"\": \"\"cc-{}\"\"}}\"",
            self.number % 200,
            1000 + self.number % 97
        )
    }

    fn write(&self, out: &mut impl Write, random: &mut Random) -> io::Result<()> {
        let s = self.service;
        let units = random.skewed(1_000_000);
        let price = 1 + s.weight * 37;
        let cost = units * price;
        let amount = format!("{}.{:011}", cost / 100_000_000_000, cost % 100_000_000_000);
        let (day, hour) = (1 + random.below(30), random.below(24));
        let sku =
            format!("{:012X}", (s.weight * 1_000 + random.below(12)).wrapping_mul(0x9e37_79b9_7f4a) & 0xffff_ffff_ffff);
        let [provider, publisher, issuer] = self.names();
        let (category, id, zone) = match (self.no_resource, s.provider) {
            (true, _) => {
                (if self.number.is_multiple_of(9) { "Tax" } else { "Usage" }, "NULL".to_owned(), "NULL".to_owned())
            }
            (false, Provider::Aws) if s.kind == "instance" => ("Usage", self.id(), format!("{}a", self.region.0)),
            (false, _) => ("Usage", self.id(), "NULL".to_owned()),
        };
        let name = if s.provider == Provider::Azure && !self.no_resource {
            id.rsplit('/').next().unwrap_or("NULL")
        } else {
            "NULL"
        };
        let account = self.account();
        let (region, place) = self.region;
        write!(
            out,
            "{zone},{amount},1234567890123,SunBird,EUR,2026-10-01 00:00:00,2026-09-01 00:00:00,{category},NULL,"
        )?;
        write!(out, "\"$0.085 per {} - {}, {place}\",Usage-Based,", s.unit, s.part)?;
        write!(out, "2026-09-{day:02} {hour:02}:59:59,2026-09-{day:02} {hour:02}:00:00,NULL,NULL,NULL,NULL,NULL,")?;
        write!(
            out,
            "{}.{:06},{},{amount},0.00000000000,{amount},\"{issuer}\",",
            units / 1000,
            units % 1000 * 1000,
            s.unit
        )?;
        write!(out, "{amount},0.0850,Standard,{}.{:06},{},", units / 1000, units % 1000 * 1000, s.unit)?;
        write!(out, "{provider},\"{publisher}\",{region},{place},{id},{name},{},{},{},", s.kind, s.category, s.name)?;
        write!(out, "{sku},{sku}.JRTCKXETXF.6YS6EN2CT7,{account},Account {},{},", self.account, self.tags())?;
        writeln!(out, "INV-2026-09-{:04},{},{}", self.account, s.part, s.category)
    }
}
