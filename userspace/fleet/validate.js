// SPDX-License-Identifier: GPL-2.0-only
// node validate.js DIRECTORY [CRD]: see ./validate.
"use strict";
const fs = require("fs");
const path = require("path");
const yaml = require("js-yaml");
const Ajv = require("ajv");
const ts = require("typescript");

const MODELS = {
	"v1 Namespace": "kubernetes-models/v1",
	"v1 ConfigMap": "kubernetes-models/v1",
	"v1 Pod": "kubernetes-models/v1",
	"apps/v1 DaemonSet": "kubernetes-models/apps/v1",
};
const [dir, crd] = process.argv.slice(2);
let n = 0;
let failed = 0;

function result(name, check) {
	n++;
	try {
		const skip = check();
		console.log(`ok ${n} ${name}${skip ? ` # SKIP ${skip}` : ""}`);
	} catch (error) {
		failed++;
		console.log(`not ok ${n} ${name}\n# ${String(error.message).replace(/\n/g, "\n# ")}`);
	}
}

// Schemas of Kubernetes leave unknown fields alone; kubectl does not.
function closed(schema) {
	if (schema === null || typeof schema !== "object")
		return schema;
	if (Array.isArray(schema))
		return schema.map(closed);
	const copy = {};
	for (const [key, value] of Object.entries(schema))
		copy[key] = closed(value);
	if (copy.properties && !("additionalProperties" in copy) && !copy["x-kubernetes-preserve-unknown-fields"])
		copy.additionalProperties = false;
	return copy;
}

function checkModule(object) {
	if (!crd)
		return "no CRD given";
	const version = yaml.load(fs.readFileSync(crd, "utf8")).spec.versions.find((v) => v.name === "v1beta1");
	const schema = closed(version.schema.openAPIV3Schema);
	schema.properties.metadata = { type: "object" };
	const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
	if (!ajv.validate(schema, object))
		throw new Error(ajv.errorsText(ajv.errors, { separator: "\n" }));
	return "";
}

// The validators of kubernetes-models leave unknown fields alone; its types do not, and a misspelt field is one.
function checkFields(object, model) {
	const file = path.join(process.cwd(), "check.ts");
	const text = `import { I${object.kind} } from "${model}";\nexport const it: I${object.kind} = ${JSON.stringify(object)};\n`;
	const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.CommonJS,
		moduleResolution: ts.ModuleResolutionKind.Node10 };
	fs.writeFileSync(file, text);
	const wrong = ts.getPreEmitDiagnostics(ts.createProgram([file], options)).filter((d) => d.file);
	fs.unlinkSync(file);
	if (wrong.length)
		throw new Error(wrong.map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n")).join("\n"));
}

function check(object) {
	const kind = `${object.apiVersion} ${object.kind}`;
	if (kind === "kmm.sigs.x-k8s.io/v1beta1 Module")
		return checkModule(object);
	if (!MODELS[kind])
		throw new Error(`no schema for ${kind}`);
	const Model = require(MODELS[kind])[object.kind];
	new Model(object).validate();
	checkFields(object, MODELS[kind]);
	return "";
}

for (const file of fs.readdirSync(dir).filter((name) => name.endsWith(".yaml")).sort()) {
	yaml.loadAll(fs.readFileSync(path.join(dir, file), "utf8"), (object) => {
		result(`${file}: ${object.kind} ${object.metadata.name}`, () => check(object));
	});
}

// A judge that never says no is none.
function refused(name, why, spoil) {
	const pod = yaml.load(fs.readFileSync(path.join(dir, "pod.yaml"), "utf8"));
	spoil(pod);
	result(`${name} is refused`, () => {
		try {
			check(pod);
		} catch (error) {
			if (why.test(error.message))
				return "";
			throw error;
		}
		throw new Error("it was taken");
	});
}
refused("a number where a string is due", /string/, (pod) => {
	pod.spec.securityContext.sysctls[0].value = 1800000;
});
refused("a misspelt field", /known properties/, (pod) => {
	pod.spec.securityContext.sysctl = [];
});
refused("a pod without a container", /containers/, (pod) => {
	delete pod.spec.containers;
});
console.log(`1..${n}`);
process.exit(failed ? 1 : 0);
