// SPDX-License-Identifier: Apache-2.0
export {
  type FeedPublisher,
  type FeedPublisherOptions,
  startFeedPublisher,
} from './publish-feed.ts';
