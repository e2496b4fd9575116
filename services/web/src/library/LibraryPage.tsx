import { Button } from "@mantine/core";
import { IconBooks, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Collection } from "@/api/types";
import { collectionsQuery } from "@/answers/collections";
import { CollectionCards } from "@/library/CollectionCards";
import { CollectionDialog } from "@/library/CollectionDialog";
import { LibraryNav } from "@/library/LibraryNav";
import { UploadPanel } from "@/library/UploadPanel";
import { useSession } from "@/session/session";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

export default function LibraryPage() {
  const found = useQuery(collectionsQuery);
  if (found.isPending) return <Loading />;
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <h1 className={page.title}>{texts.library.title}</h1>
          <p className={page.lead}>{texts.library.lead}</p>
        </div>
        <Create />
      </header>
      <LibraryNav />
      <UploadPanel />
      {found.isError ? (
        <Notice problem={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Collections items={found.data.items} />
      )}
    </div>
  );
}

function Create() {
  const [open, setOpen] = useState(false);
  const { person } = useSession();
  if (!person.is_admin) return null;
  return (
    <>
      <Button leftSection={<IconPlus size={17} />} onClick={() => setOpen(true)}>
        {texts.docs.collection.create}
      </Button>
      {open && <CollectionDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function Collections({ items }: { items: Collection[] }) {
  if (items.length > 0) return <CollectionCards items={items} />;
  return (
    <EmptyState
      icon={<IconBooks size={26} stroke={1.6} />}
      title={texts.library.noCollections}
      lead={texts.library.noCollectionsLead}
    />
  );
}
