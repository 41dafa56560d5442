// SPDX-License-Identifier: Apache-2.0
export type { Resolve } from './address-guard.ts';
export { allNotices } from './all-notices.ts';
export {
  channelState,
  rotateWebhookSecret,
  setMailPassword,
  testChannels,
} from './channel-state.ts';
export { CHANNELS_KIND, channelsAt, type SignedChannels } from './channels.ts';
export { noticeFacts } from './duties.ts';
export { type ChannelHealth, listSent, noticeHealth } from './list-sent.ts';
export type { Notice, Person } from './notice.ts';
export {
  type NoticeOptions,
  type NoticeRounds,
  type NoticeService,
  noticeRounds,
  startNotices,
} from './notice-service.ts';
export { reviveMessage } from './notice-store.ts';
export { pendingNotices } from './pending.ts';
export { chooseSettings, noticeSettings } from './settings.ts';
