using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>Finds columns in a schema or its shape, and adds some to a shape.</summary>
internal static class ShapeColumns
{
    /// <summary>The types of columns that hold images.</summary>
    public const string ImageTypes = "Image (MLImage), String (files' paths) or a vector of Byte (files' contents)";

    private const string ImageAdvice =
        "Name the column ImagePath of mlContext.Data.LoadFromImageFolder, make one by mlContext.Transforms.LoadImages, or load a " +
        "class that has one.";

    public static SchemaShape.Column Find(SchemaShape shape, string role, string name, string advice)
    {
        var found = shape.Where(column => column.Name == name).Take(1).ToList();
        return found is [var column] ? column : throw ColumnErrors.Missing(role, name, shape.Select(one => one.Name), advice);
    }

    public static SchemaShape.Column FindImage(SchemaShape shape, string name)
    {
        var image = Find(shape, "image", name, ImageAdvice);
        var isScalar = image.Kind == SchemaShape.Column.VectorKind.Scalar;
        return isScalar && (image.ItemType is ImageDataViewType or TextDataViewType)
            || !isScalar && image.ItemType == NumberDataViewType.Byte && !image.IsKey
            ? image
            : throw ColumnErrors.Mismatch("image", name, ImageTypes, Describe(image), ImageAdvice);
    }

    /// <inheritdoc cref="FindImage(SchemaShape, string)"/>
    public static DataViewSchema.Column FindImage(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing("image", name, schema, ImageAdvice);
        return HoldsImages(column.Type)
            ? column
            : throw ColumnErrors.Mismatch("image", name, ImageTypes, column.Type.ToString()!, ImageAdvice);
    }

    /// <summary>Whether a column of a type has images, their files' paths, or their files' contents.</summary>
    public static bool HoldsImages(DataViewType type) =>
        type is ImageDataViewType or TextDataViewType || type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte;

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
