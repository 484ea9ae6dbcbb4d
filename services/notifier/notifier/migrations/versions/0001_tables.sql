-- What the catalog says, as far as audiences need it. Every row here can be rebuilt from the catalog's log.

CREATE TABLE authorities (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    levels text[] NOT NULL,
    region text NOT NULL,
    country text NOT NULL GENERATED ALWAYS AS (split_part(region, '-', 1)) STORED,
    parents text[] NOT NULL DEFAULT '{}',
    aliases text[] NOT NULL DEFAULT '{}',
    ended_on date,
    successor text
);
CREATE INDEX authorities_region ON authorities (region);
CREATE INDEX authorities_aliases ON authorities USING gin (aliases);

CREATE TABLE services (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    title text NOT NULL,
    theme text NOT NULL,
    component boolean NOT NULL,
    delivered_by text[] NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false
);

-- Who delivers a service instead of whoever would by default: for a region, or for named authorities.
CREATE TABLE responsibilities (
    service_id int NOT NULL REFERENCES services,
    deliverer_id int NOT NULL REFERENCES authorities,
    region text,
    members int[],
    PRIMARY KEY (service_id, deliverer_id),
    CHECK ((region IS NULL) <> (members IS NULL))
);

-- How each authority stands to each service for which something is recorded (domain/standing.py).
CREATE TABLE cells (
    service_id int NOT NULL,
    authority_id int NOT NULL,
    standing smallint NOT NULL,
    solution text,
    PRIMARY KEY (service_id, authority_id)
) WITH (fillfactor = 90);
CREATE INDEX cells_solution ON cells (solution, authority_id) WHERE solution IS NOT NULL;

CREATE TABLE solutions (
    slug text PRIMARY KEY,
    document bytea NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false
);

CREATE TABLE solution_services (
    slug text NOT NULL REFERENCES solutions,
    service_id int NOT NULL REFERENCES services,
    PRIMARY KEY (slug, service_id)
);
CREATE INDEX solution_services_service ON solution_services (service_id);

CREATE TABLE availabilities (
    slug text NOT NULL REFERENCES solutions,
    region text NOT NULL,
    members int[],
    from_on date NOT NULL,
    until_on date,
    document bytea NOT NULL,
    PRIMARY KEY (slug, region)
);

-- What the notifier itself keeps: it cannot be rebuilt and is never dropped.

-- Which service of which solution a municipality was last told of, and when.
CREATE TABLE told (
    slug text NOT NULL,
    service_id int NOT NULL,
    authority_id int NOT NULL,
    told_on date NOT NULL,
    PRIMARY KEY (slug, service_id, authority_id)
);

-- Solution events as the public feeds show them; one row per event, however many were told.
CREATE TABLE occasions (
    id uuid PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    event text NOT NULL,
    time timestamptz NOT NULL,
    slug text NOT NULL,
    services text[] NOT NULL,
    themes text[] NOT NULL,
    regions text[] NOT NULL,
    within_regions text[] NOT NULL,
    told int NOT NULL,
    title_de text NOT NULL,
    title_en text NOT NULL,
    link text,
    demonstration boolean NOT NULL
);
CREATE INDEX occasions_opening ON occasions (slug, time) WHERE event = 'solution-became-available';

CREATE TABLE alerts (
    position bigint PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    authority_id int,
    reason text NOT NULL,
    raised_at timestamptz NOT NULL
);
COMMENT ON COLUMN alerts.position IS 'where the alert stands in the notifier''s log, which keeps its bytes';
CREATE INDEX alerts_inbox ON alerts (authority_id, position DESC) WHERE authority_id IS NOT NULL;

CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    owner text NOT NULL,
    channel text NOT NULL,
    url text NOT NULL,
    endpoint text NOT NULL,
    secret text NOT NULL,
    secret_before text,
    secret_before_until timestamptz,
    authority_id int REFERENCES authorities,
    services text[] NOT NULL,
    themes text[] NOT NULL,
    regions text[] NOT NULL,
    within_regions text[] NOT NULL,
    events text[] NOT NULL,
    mode text NOT NULL CHECK (mode IN ('instant', 'digest')),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_why text
);
COMMENT ON COLUMN subscriptions.endpoint IS 'host and port of the url, and the owner: what bounds and pauses are counted by';
-- 0 stands for those that listen to everything their filter matches.
CREATE INDEX subscriptions_listening ON subscriptions (coalesce(authority_id, 0)) WHERE closed_at IS NULL;
CREATE INDEX subscriptions_owner ON subscriptions (owner, id);

-- One row is one request to make: one alert, or all that gathered for a digest.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES subscriptions,
    endpoint text NOT NULL,
    webhook_id text NOT NULL,
    alerts bigint[] NOT NULL,
    digest_on date,
    digest_part int NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN ('due', 'delivered', 'given-up', 'closed')),
    due_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    claim int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);
COMMENT ON COLUMN deliveries.due_at IS 'when it may be claimed; a claim moves it on by the lease, so what a crashed worker held comes back';
COMMENT ON COLUMN deliveries.attempts IS 'since it was due first or was asked for again';
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'due';
CREATE INDEX deliveries_of_subscription ON deliveries (subscription_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX deliveries_digest ON deliveries (subscription_id, digest_on, digest_part)
    WHERE digest_on IS NOT NULL AND claim = 0;

CREATE TABLE attempts (
    delivery_id uuid NOT NULL,
    at timestamptz NOT NULL,
    duration_ms int NOT NULL,
    status int,
    error text,
    answer text
);
-- No foreign keys on alerts and attempts: they are written by the thousand, together with what they name.
CREATE INDEX attempts_of_delivery ON attempts (delivery_id, at);
