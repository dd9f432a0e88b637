/** What the page asks of the language service. Positions count characters in a cell. */
export type LanguageQuestion =
  | { readonly type: "completions"; readonly cell: string; readonly position: number }
  | { readonly type: "details"; readonly cell: string; readonly position: number; readonly name: string }
  | { readonly type: "hover"; readonly cell: string; readonly position: number }
  | { readonly type: "problems" };

export interface Documents {
  readonly type: "documents";
  readonly documents: readonly (readonly string[])[];
  readonly codes: ReadonlyMap<string, string>;
}

export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly severity: "error" | "warning";
}

export type LanguageAnswer =
  | {
      readonly type: "completions";
      readonly entries: readonly { readonly name: string; readonly kind: string; readonly insert?: string }[];
    }
  | {
      readonly type: "details";
      readonly text: string;
      readonly documentation: string;
      readonly from?: number;
      readonly to?: number;
    }
  | { readonly type: "problems"; readonly problems: Readonly<Record<string, readonly Problem[]>> };
