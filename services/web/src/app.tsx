import { Loader } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Redirect, Route, Switch } from "wouter";

import { ApiError, UNREACHABLE } from "@/api/client";
import { SessionContext, useSessionQuery } from "@/session/session";
import { SignIn } from "@/session/SignIn";
import { Notice } from "@/shell/Notice";
import styles from "@/shell/Shell.module.css";
import { texts } from "@/texts";

const Shell = lazy(() => import("@/shell/Shell"));
const AskPage = lazy(() => import("@/answers/AskPage"));
const AnswerPage = lazy(() => import("@/answers/AnswerPage"));
const ConversationsPage = lazy(() => import("@/talks/ConversationsPage"));
const ConversationPage = lazy(() => import("@/talks/ConversationPage"));
const SharedPage = lazy(() => import("@/talks/SharedPage"));
const SearchPage = lazy(() => import("@/search/SearchPage"));
const LibraryPage = lazy(() => import("@/library/LibraryPage"));
const CollectionPage = lazy(() => import("@/library/CollectionPage"));
const DocumentPage = lazy(() => import("@/library/DocumentPage"));
const SourcesPage = lazy(() => import("@/sources/SourcesPage"));
const SourcePage = lazy(() => import("@/sources/SourcePage"));
const ReportPage = lazy(() => import("@/report/ReportPage"));
const OverviewPage = lazy(() => import("@/admin/OverviewPage"));
const PeoplePage = lazy(() => import("@/admin/PeoplePage"));
const GroupsPage = lazy(() => import("@/admin/GroupsPage"));
const ModelPage = lazy(() => import("@/admin/ModelPage"));
const AuditPage = lazy(() => import("@/admin/AuditPage"));
const PlaygroundPage = lazy(() => import("@/playground/PlaygroundPage"));
const DriftPage = lazy(() => import("@/oversight/DriftPage"));
const EvaluationsPage = lazy(() => import("@/oversight/EvaluationsPage"));
const EvaluationPage = lazy(() => import("@/oversight/EvaluationPage"));
const ComparisonPage = lazy(() => import("@/oversight/ComparisonPage"));
const ReleasesPage = lazy(() => import("@/oversight/ReleasesPage"));
const QuantizationReportPage = lazy(() => import("@/oversight/ReportPage"));
const SettingsPage = lazy(() => import("@/oversight/SettingsPage"));
const CostPage = lazy(() => import("@/oversight/CostPage"));
const BulksPage = lazy(() => import("@/library/BulksPage"));
const GapsPage = lazy(() => import("@/library/GapsPage"));
const KeysPage = lazy(() => import("@/account/KeysPage"));

const waiting = (
  <div className={styles.waiting}>
    <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />
  </div>
);

function Views() {
  return (
    <Switch>
      <Route path="/" component={AskPage} />
      <Route path="/answers/:id">{({ id }) => <AnswerPage key={id} id={id} />}</Route>
      <Route path="/conversations" component={ConversationsPage} />
      <Route path="/conversations/:id">{({ id }) => <ConversationPage key={id} id={id} />}</Route>
      <Route path="/shared/:id">{({ id }) => <SharedPage key={id} id={id} />}</Route>
      <Route path="/search" component={SearchPage} />
      <Route path="/library" component={LibraryPage} />
      <Route path="/library/:name">{({ name }) => <CollectionPage name={decodeURIComponent(name)} />}</Route>
      <Route path="/documents/:id">{({ id }) => <DocumentPage key={id} id={id} />}</Route>
      <Route path="/sources" component={SourcesPage} />
      <Route path="/sources/:id">{({ id }) => <SourcePage key={id} id={id} />}</Route>
      <Route path="/report" component={ReportPage} />
      <Route path="/admin" component={OverviewPage} />
      <Route path="/admin/people" component={PeoplePage} />
      <Route path="/admin/groups" component={GroupsPage} />
      <Route path="/admin/model" component={ModelPage} />
      <Route path="/admin/audit" component={AuditPage} />
      <Route path="/admin/playground" component={PlaygroundPage} />
      <Route path="/admin/drift" component={DriftPage} />
      <Route path="/admin/evaluations" component={EvaluationsPage} />
      <Route path="/admin/evaluations/:id">{({ id }) => <EvaluationPage key={id} id={id} />}</Route>
      <Route path="/admin/evaluations/:first/:second">{({ first, second }) => <ComparisonPage first={first} second={second} />}</Route>
      <Route path="/admin/releases" component={ReleasesPage} />
      <Route path="/admin/releases/:model">{({ model }) => <QuantizationReportPage model={model} />}</Route>
      <Route path="/admin/settings" component={SettingsPage} />
      <Route path="/admin/cost" component={CostPage} />
      <Route path="/bulks" component={BulksPage} />
      <Route path="/gaps" component={GapsPage} />
      <Route path="/account/keys" component={KeysPage} />
      <Route>
        <Redirect to="/" />
      </Route>
    </Switch>
  );
}

export function App() {
  const session = useSessionQuery();
  if (session.isPending) return waiting;
  if (session.isError) {
    const problem = session.error instanceof ApiError ? session.error : new ApiError(UNREACHABLE);
    return (
      <div className={styles.waiting}>
        <Notice problem={problem} onRetry={() => void session.refetch()} />
      </div>
    );
  }
  if (!session.data) return <SignIn />;
  return (
    <SessionContext value={session.data}>
      <Suspense fallback={waiting}>
        <Shell>
          <Suspense fallback={waiting}>
            <Views />
          </Suspense>
        </Shell>
      </Suspense>
    </SessionContext>
  );
}
