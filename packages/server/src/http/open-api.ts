// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, ROUTES, type Route } from '@countersign/contract';
import { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

/** The OpenAPI 3.1 document of every declared route, from the schemas that requests are read by. */
export function openApiDocument() {
  const paths: { [path: string]: { [method: string]: unknown } } = {};
  for (const route of ROUTES) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '0.1.0',
      description: 'Records, gates, warrants and decisions of models that answer to a regulator.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'better-auth.session_token' },
      },
      schemas: { Error: schemaOf(ErrorReply, 'output') },
    },
  };
}

/** `/v1/records/:digest` is `/v1/records/{digest}`; a rest is `{rest}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:([A-Za-z]+)/g, '{$1}').replace('*', '{rest}');
}

function operation(route: Route) {
  const body = requestBody(route);
  return {
    summary: route.summary,
    tags: [route.tag],
    security: route.access === 'public' ? [] : [{ apiKey: [] }, { session: [] }],
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...parameters(route.headers, 'header'),
    ],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      200: { description: 'Done', ...answerContent(route) },
      ...Object.fromEntries(
        Object.entries(route.also ?? {}).map(([status, description]) => [
          status,
          { description, ...answerContent(route) },
        ]),
      ),
      default: {
        description: 'Refused or failed, with a stable code and a request id',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function media(route: Route): string {
  return route.produces ?? 'application/json';
}

function answerContent(route: Route) {
  const isBare = route.method === 'HEAD' || (route.reply ?? route.produces) === undefined;
  return isBare ? {} : { content: { [media(route)]: { schema: answerSchema(route) } } };
}

function answerSchema(route: Route): Schema {
  if (route.reply !== undefined) return schemaOf(route.reply, 'output');
  return media(route).startsWith('text/') ? { type: 'string' } : {};
}

function requestBody(route: Route) {
  if (route.consumes !== undefined) {
    const types = route.consumes.split(',').map((one) => one.trim());
    return {
      required: true,
      content: Object.fromEntries(types.map((type) => [type, { schema: {} }])),
    };
  }
  if (route.body === undefined) return undefined;
  const required = !route.body.safeParse(undefined).success;
  return { required, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } };
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query' | 'header') {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input');
  return Object.entries(properties).map(([name, one]) => ({
    name: name === '*' ? 'rest' : name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: one,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
