// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Every refusal and failure of the API has this body; `code` is stable, `message` is for people. */
export const ErrorReply = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    /** The member, parameter or line that is wrong. */
    field: z.string().optional(),
    /** What to do about it. */
    next: z.string().optional(),
    /** 409 of a gate: what is missing, in sentences. */
    missing: z.array(z.string()).optional(),
    /** Bad rows or members, each with its place. */
    problems: z.array(z.strictObject({ place: z.string(), message: z.string() })).optional(),
    requestId: z.string(),
  }),
});
export type ErrorReply = z.infer<typeof ErrorReply>;
