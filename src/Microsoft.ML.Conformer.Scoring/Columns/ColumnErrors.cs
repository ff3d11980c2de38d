namespace Microsoft.ML.Conformer.Columns;

/// <summary>Errors about columns, in ML.NET's own words, with what to do about them.</summary>
internal static class ColumnErrors
{
    public static ArgumentOutOfRangeException Missing(string role, string name, DataViewSchema schema, string advice) =>
        Missing(role, name, schema.Where(column => !column.IsHidden).Select(column => column.Name), advice);

    public static ArgumentOutOfRangeException Missing(string role, string name, IEnumerable<string> available, string advice) =>
        new(
            "inputSchema",
            $"Could not find {role} column '{name}'. The data has the columns {string.Join(", ", available.Select(VisibleText.Of))}. " +
            advice);

    public static ArgumentOutOfRangeException Mismatch(string role, string name, string expected, string actual, string advice) =>
        new("inputSchema", $"Schema mismatch for {role} column '{name}': expected {expected}, got {actual}. {advice}");
}
