using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Where the extension methods that make transforming estimators hang on.</summary>
public sealed class TransformsCatalog
{
    internal TransformsCatalog(IHostEnvironment env)
    {
        Environment = env;
        Conversion = new(this);
    }

    /// <summary>Conversions between column types.</summary>
    public ConversionTransforms Conversion { get; }

    internal IHostEnvironment Environment { get; }

    /// <summary>Where the extension methods that make type conversions hang on.</summary>
    public sealed class ConversionTransforms
    {
        internal ConversionTransforms(TransformsCatalog owner)
        {
            Environment = owner.Environment;
        }

        internal IHostEnvironment Environment { get; }
    }
}

/// <summary>The name of a column to make and of the one it is made from.</summary>
public sealed class InputOutputColumnPair
{
    /// <param name="inputColumnName">Default <paramref name="outputColumnName"/>.</param>
    public InputOutputColumnPair(string outputColumnName, string inputColumnName = null)
    {
        Contracts.CheckNonEmpty(outputColumnName, nameof(outputColumnName));
        InputColumnName = inputColumnName ?? outputColumnName;
        OutputColumnName = outputColumnName;
    }

    public string InputColumnName { get; }

    public string OutputColumnName { get; }

    internal static (string outputColumnName, string inputColumnName)[] ToPairs(InputOutputColumnPair[] columns) =>
        Array.ConvertAll(columns, column => (column.OutputColumnName, column.InputColumnName));
}
