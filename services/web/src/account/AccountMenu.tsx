import { Menu, SegmentedControl, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconChevronUp, IconKey, IconLogout } from "@tabler/icons-react";
import { useLocation } from "wouter";

import styles from "@/account/AccountMenu.module.css";
import { signOut } from "@/api/calls";
import { forget, useSession } from "@/session/session";
import { chooseLanguage, language, LANGUAGES, texts } from "@/texts";

function initials(name: string): string {
  const parts = name.split(/[\s.@_-]+/).filter(Boolean);
  return ((parts[0]?.[0] ?? "") + (parts[1]?.[0] ?? "")).toUpperCase();
}

/** Starts the page anew: nothing that was read stays in memory. */
async function leave(): Promise<void> {
  const next = await signOut().catch(() => null);
  forget();
  window.location.replace(next ?? "/");
}

export function AccountMenu({ onGo }: { onGo?: (() => void) | undefined }) {
  const { person } = useSession();
  const [, go] = useLocation();
  const name = person.name || person.login;
  const role = person.is_admin ? texts.account.admin : person.groups.map((group) => group.name).join(", ");
  const openKeys = (): void => {
    go("/account/keys");
    onGo?.();
  };
  return (
    <Menu position="top-start" width={240} withinPortal>
      <Menu.Target>
        <UnstyledButton className={styles.target}>
          <span className={styles.face} data-initials={initials(name)} aria-hidden />
          <span className={styles.who}>
            <VisuallyHidden>{texts.nav.account}: </VisuallyHidden>
            <span className={styles.name}>{name}</span>
            <span className={styles.role}>
              {role}
            </span>
          </span>
          <IconChevronUp size={16} stroke={1.7} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{texts.account.theme}</Menu.Label>
        <ThemeChoice />
        <Menu.Label>{texts.account.language}</Menu.Label>
        <LanguageChoice />
        <Menu.Divider />
        <Menu.Item leftSection={<IconKey size={16} />} onClick={openKeys}>
          {texts.account.keys}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          {texts.account.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Texts are read once, when the page starts. */
function LanguageChoice() {
  const choose = (value: string): void => {
    chooseLanguage(value);
    window.location.reload();
  };
  return (
    <div className={styles.theme}>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={texts.account.language}
        value={language}
        onChange={choose}
        data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
      />
    </div>
  );
}

function ThemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={styles.theme}>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={texts.account.theme}
        value={colorScheme}
        onChange={(value) => setColorScheme(value)}
        data={[
          { value: "light", label: texts.account.light },
          { value: "dark", label: texts.account.dark },
          { value: "auto", label: texts.account.auto },
        ]}
      />
    </div>
  );
}
