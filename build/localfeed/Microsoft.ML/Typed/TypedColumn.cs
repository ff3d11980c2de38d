using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A column bound to the member of a class that holds its values.</summary>
internal sealed record TypedColumn(DataViewSchema.DetachedColumn Column, Member Member)
{
    public string Name => Column.Name;

    public DataViewType Type => Column.Type;

    /// <summary>The columns of a class by its definition, or by its attributes where that is null.</summary>
    public static TypedColumn[] Create(Type userType, SchemaDefinition definition, SchemaDefinition.Direction direction) =>
        (definition ?? SchemaDefinition.Create(userType, direction)).Select(column => Bind(userType, column)).ToArray();

    /// <summary>The definition of a class whose columns are those of <paramref name="schema"/>, with their types and annotations.</summary>
    public static SchemaDefinition DefinitionFor<TRow>(IHostEnvironment env, DataViewSchema schema)
    {
        var definition = SchemaDefinition.Create(typeof(TRow), SchemaDefinition.Direction.Read);
        foreach (var column in schema)
        {
            var defined = definition[column.Name] ?? throw env.Except($"Type should contain a member named {column.Name}");
            defined.ColumnType = column.Type;
            defined.SetAnnotations(column.Annotations);
        }
        return definition;
    }

    private static TypedColumn Bind(Type userType, SchemaDefinition.Column column)
    {
        const string Parameter = "userSchemaDefinition";
        var member = Member.FindOrNull(userType, column.MemberName) ?? throw Contracts.ExceptParam(Parameter,
            $"No field or property with name '{column.MemberName}' found in type '{userType.FullName}'");
        var (isVector, itemType) = member.ItemType();
        var name = string.IsNullOrEmpty(column.ColumnName) ? column.MemberName : column.ColumnName;
        var type = column.ColumnType ?? member.InferColumnType();
        Contracts.CheckParam(isVector == type is VectorDataViewType, Parameter,
            $"Column '{name}' is supposed to be {(isVector ? "scalar" : "vector")}, " +
            $"but type of associated field '{column.MemberName}' is {(isVector ? "vector" : "scalar")}");
        Contracts.CheckParam(itemType == type.GetItemType().RawType, Parameter,
            $"Column '{name}' is supposed to have item type {type.GetItemType().RawType}, but associated field has type {itemType}");
        return new(new(name, type, column.Annotations), member);
    }
}
