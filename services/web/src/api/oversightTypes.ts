/** The wire's shapes of what administrators look at, by the page's own names. */
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

export type Playground = Schemas["PlaygroundOut"];
export type PlayAsked = Pick<Schemas["PlayAsked"], "mode"> & Partial<Schemas["PlayAsked"]>;
export type Activity = Schemas["ActivityOut"];
export type Hour = Schemas["HourOut"];
export type SettingsShown = Schemas["SettingsOut"];
export type Setting = Schemas["SettingOut"];
export type ReleaseLock = Schemas["LockOut"];
export type Gaps = Schemas["GapsOut"];
export type Topic = Schemas["TopicOut"];
export type DriftCheck = Schemas["CheckOut"];
export type DriftState = Schemas["DriftState"];
export type DriftRecord = Schemas["RecordOut"];
export type Evaluation = Schemas["EvaluationSummary"];
export type EvaluationWhole = Schemas["EvaluationOut"];
export type Comparison = Schemas["ComparisonOut"];
export type Difference = Schemas["DifferenceOut"];
export type ReportSummary = Schemas["ReportSummary"];
export type QuantizationReport = Schemas["ReportOut"];
export type CostAsked = Schemas["CostAsked"];
export type Cost = Schemas["CostOut"];
