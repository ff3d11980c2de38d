using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Makes custom mappings.</summary>
public static class CustomMappingCatalog
{
    /// <summary>Columns computed by <paramref name="mapAction"/> from objects filled with the input's columns.</summary>
    /// <param name="contractName">What a factory makes the mapping again by when it is loaded; null if it need not be saved.</param>
    /// <param name="outputSchemaDefinition">May give columns annotations.</param>
    public static CustomMappingEstimator<TSrc, TDst> CustomMapping<TSrc, TDst>(
        this TransformsCatalog catalog,
        Action<TSrc, TDst> mapAction,
        string contractName,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null)
        where TSrc : class, new()
        where TDst : class, new() =>
        new(catalog.Environment, mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition);
}
