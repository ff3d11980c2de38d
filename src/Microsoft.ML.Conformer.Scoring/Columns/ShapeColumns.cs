using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>Finds columns in a schema or its shape, and adds some to a shape.</summary>
internal static class ShapeColumns
{
    private const string LoadImagesAdvice = "Make it with mlContext.Transforms.LoadImages, or load a class with an MLImage property.";

    public static SchemaShape.Column Find(SchemaShape shape, string role, string name, string advice)
    {
        var found = shape.Where(column => column.Name == name).Take(1).ToList();
        return found is [var column] ? column : throw ColumnErrors.Missing(role, name, shape.Select(one => one.Name), advice);
    }

    public static SchemaShape.Column FindImage(SchemaShape shape, string name)
    {
        var image = Find(shape, "image", name, LoadImagesAdvice);
        return image.ItemType is ImageDataViewType && image.Kind == SchemaShape.Column.VectorKind.Scalar
            ? image
            : throw ColumnErrors.Mismatch("image", name, "Image", Describe(image), LoadImagesAdvice);
    }

    /// <inheritdoc cref="FindImage(SchemaShape, string)"/>
    public static DataViewSchema.Column FindImage(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing("image", name, schema, LoadImagesAdvice);
        return column.Type is ImageDataViewType
            ? column
            : throw ColumnErrors.Mismatch("image", name, "Image", column.Type.ToString()!, LoadImagesAdvice);
    }

    public static string Describe(SchemaShape.Column column)
    {
        var item = column.IsKey ? $"Key<{column.ItemType}>" : column.ItemType.ToString();
        return column.Kind == SchemaShape.Column.VectorKind.Scalar ? item! : $"Vector<{item}>";
    }

    /// <summary>A shape with the columns of <typeparamref name="TAdded"/> added, as <paramref name="added"/> defines them.</summary>
    public static SchemaShape Add<TAdded>(IHostEnvironment environment, SchemaShape shape, SchemaDefinition added)
        where TAdded : class, new() =>
        // SchemaShape.Column has no public constructor: an estimator of ML.NET's own makes the columns.
        CallerEnvironment.Transforms(environment)
            .CustomMapping<NoColumns, TAdded>((_, _) => { }, contractName: null, outputSchemaDefinition: added)
            .GetOutputSchema(shape);

    private sealed class NoColumns;
}
