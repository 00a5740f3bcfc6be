-- The table that follows the videos. Safe to run again; what is there stays.
create table if not exists videos (
    id uuid primary key,
    user_id text not null,
    status text not null
        check (status in ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    video_url text,
    error_message text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index if not exists videos_by_user on videos (user_id, created_at desc);
create index if not exists videos_by_status on videos (status, updated_at desc);

-- Supabase serves every table of the public schema to everyone who has the project's public
-- key, unless row level security is on. The table's owner writes all the same; who may read
-- is yours to say, for example:
--   create policy "own videos" on videos for select using (user_id = auth.uid()::text);
alter table videos enable row level security;
