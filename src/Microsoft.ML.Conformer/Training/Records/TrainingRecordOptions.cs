namespace Microsoft.ML.Conformer;

/// <summary>Where and what is written down of how training goes.</summary>
public sealed class TrainingRecordOptions
{
    /// <summary>Folder for the records, made where it is absent, or null (default): there are none.</summary>
    public string? Folder { get; set; }

    internal TrainingRecordOptions Copy() => (TrainingRecordOptions)MemberwiseClone();

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Folder is not null && string.IsNullOrWhiteSpace(Folder))
            yield return $"{nameof(Folder)} is empty; it must be a folder's path, or null.";
    }
}
