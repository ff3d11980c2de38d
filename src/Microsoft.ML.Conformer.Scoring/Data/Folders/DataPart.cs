namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>What images are for.</summary>
internal enum DataPart
{
    Training,
    Validation,
    Test,
}

/// <summary>The names that people give to parts, in folders and manifests.</summary>
internal static class DataPartNames
{
    private static readonly Dictionary<string, DataPart> _parts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = DataPart.Training,
        ["training"] = DataPart.Training,
        ["val"] = DataPart.Validation,
        ["valid"] = DataPart.Validation,
        ["validation"] = DataPart.Validation,
        ["test"] = DataPart.Test,
        ["testing"] = DataPart.Test,
    };

    /// <summary>The names, for messages.</summary>
    public static string All => string.Join(", ", _parts.Keys);

    /// <summary>What a part is called in messages.</summary>
    public static string Word(DataPart part) => part.ToString().ToLowerInvariant();

    /// <summary>The part of a name, in whatever case; null where it is no part's.</summary>
    public static DataPart? Of(string name) => _parts.TryGetValue(name, out var part) ? part : null;
}
