// SPDX-License-Identifier: Apache-2.0
export { discussionView } from './discussion-view.ts';
export { postRemark } from './post-remark.ts';
