import { Checkbox, Popover, UnstyledButton } from "@mantine/core";
import { IconBooks, IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { collectionsQuery } from "@/answers/collections";
import styles from "@/answers/CollectionPicker.module.css";
import { texts } from "@/texts";

interface Props {
  chosen: string[];
  onChange: (names: string[]) => void;
}

/** Where to look; nothing chosen means everywhere one may read. */
export function CollectionPicker({ chosen, onChange }: Props) {
  const found = useQuery(collectionsQuery);
  const collections = found.data?.items ?? [];
  const only = chosen.length === 1 ? collections.find((one) => one.name === chosen[0]) : undefined;
  const label = (only && (only.title || only.name)) ?? (chosen.length === 0 ? texts.ask.everywhere : texts.ask.some(chosen.length));
  return (
    <Popover position="bottom-start" width={280} shadow="md" trapFocus>
      <Popover.Target>
        <UnstyledButton className={styles.target} aria-label={`${texts.ask.where}: ${label}`}>
          <IconBooks size={16} stroke={1.7} aria-hidden />
          {label}
          <IconChevronDown size={14} stroke={1.8} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group label={texts.ask.where} value={chosen} onChange={onChange}>
          <div className={styles.list}>
            {collections.map((one) => (
              <Checkbox
                key={one.id}
                value={one.name}
                label={one.title || one.name}
                description={texts.documents(one.document_count)}
              />
            ))}
          </div>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
