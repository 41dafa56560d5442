# SPDX-License-Identifier: Apache-2.0
# Verifies a DSSE envelope with securesystemslib and reads its statement with the in-toto project's own types, which
# refuse members that they do not know. Reads {envelope, pem, keyid} from stdin, prints the verification summary.
import json
import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

request = json.load(sys.stdin)
key = SSlibKey.from_crypto(load_pem_public_key(request["pem"].encode()), keyid=request["keyid"])
envelope = Envelope.from_dict(request["envelope"])
envelope.verify([key], 1)
statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
Statement.copy_from_pb(statement).validate()
predicate = json_format.MessageToDict(statement.predicate)
# The types say that this is one string; the specification says a list, with custom values that do not begin with SLSA_.
levels = predicate.pop("verifiedLevels")
assert isinstance(levels, list) and all(isinstance(one, str) for one in levels)
assert not any(one.startswith("SLSA_") for one in levels)
summary = json_format.ParseDict(predicate, vsa_pb2.VerificationSummary())
print(
    json.dumps(
        {
            "predicateType": statement.predicate_type,
            "subjects": {one.name: dict(one.digest) for one in statement.subject},
            "summary": {**json_format.MessageToDict(summary), "verifiedLevels": levels},
        }
    )
)
