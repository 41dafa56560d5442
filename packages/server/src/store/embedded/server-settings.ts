// SPDX-License-Identifier: Apache-2.0

/**
 * Settings of the embedded server, as `name=value`. Durability is never traded: an acknowledged commit is on
 * disk. Memory is small, since `up` has 300 MB for Node and database together.
 */
export function serverSettings(majorVersion: number, socketDir: string): readonly string[] {
  return [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${socketDir}`,
    'unix_socket_permissions=0700',
    'password_encryption=scram-sha-256',
    'fsync=on',
    'synchronous_commit=on',
    'full_page_writes=on',
    'shared_buffers=32MB',
    'max_connections=60',
    'max_wal_size=256MB',
    'min_wal_size=64MB',
    'wal_buffers=4MB',
    'max_wal_senders=0',
    'max_replication_slots=0',
    'max_worker_processes=2',
    'max_parallel_workers_per_gather=0',
    'max_logical_replication_workers=0',
    'autovacuum_max_workers=1',
    'dynamic_shared_memory_type=mmap', // /dev/shm is absent or tiny in some containers
    'jit=off',
    'huge_pages=off',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off',
    'log_min_messages=warning',
    ...(majorVersion >= 18 ? ['io_method=sync', 'autovacuum_worker_slots=1'] : []),
  ];
}
