namespace Microsoft.ML.Conformer;

/// <summary>What scoring does with a row whose image is missing or unusable, by the same rules as <see cref="BadImagePolicy"/>.</summary>
public enum BadRowPolicy
{
    /// <summary>Reading the row's score throws an <see cref="InvalidDataException"/> that names the row; the default.</summary>
    Throw,

    /// <summary>The row's scores are NaN and its predicted label is missing. ML.NET's Evaluate leaves such rows out, silently.</summary>
    NaN,
}
